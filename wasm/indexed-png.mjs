// A picture of a page as a PNG with a palette: a third of the size of one in full colour, and no eye sees the difference.

import { crc32, deflateSync } from "node:zlib";

const COLOURS = 64;

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** The pixels of a PNG, row by row, as red · 65536 + green · 256 + blue: read by a page, which knows how. */
async function pixels(page, png) {
  const { width, height, base64 } = await page.evaluate(async given => {
    const bytes = Uint8Array.from(atob(given), character => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const { width, height } = image;
    const canvas = new OffscreenCanvas(width, height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, width, height);
    const parts = [];
    for (let at = 0; at < data.length; at += 0x8000) parts.push(String.fromCharCode(...data.subarray(at, at + 0x8000)));
    return { width, height, base64: btoa(parts.join("")) };
  }, png.toString("base64"));
  const data = Buffer.from(base64, "base64");
  return { width, height, colours: Uint32Array.from({ length: width * height }, (_, i) => data.readUInt32BE(4 * i) >>> 8) };
}

const distance = (a, b) => ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;

/** The same picture in its 64 most frequent colours; every other pixel, all edges of letters, takes the nearest of them. */
export async function indexed(page, png) {
  const { width, height, colours } = await pixels(page, png);
  const counts = new Map();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const all = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || a - b);
  const palette = all.slice(0, COLOURS);
  const places = new Map(palette.map((colour, i) => [colour, i]));
  for (const colour of all.slice(COLOURS)) {
    let nearest = 0;
    for (let i = 1; i < palette.length; i++) if (distance(palette[i], colour) < distance(palette[nearest], colour)) nearest = i;
    places.set(colour, nearest);
  }
  const rows = Buffer.alloc((width + 1) * height);
  for (let i = 0; i < colours.length; i++) rows[i + Math.floor(i / width) + 1] = places.get(colours[i]);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a pixel, of a palette.
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap(colour => [colour >> 16, (colour >> 8) & 255, colour & 255]))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
