/** A document of a file: its text, or the reason that there is none. */
export type FoundDocument =
  | {
      /** Path within the file, as `letters.zip/2026/May.docx`; of a single document the file's name. */
      name: string;
      text: string;
      /** `text`, `html`, `eml`, `docx`, `odt` or `pdf`. */
      format: string;
      /** Character encoding by its name in the WHATWG's standard; null where the format has one of its own. */
      encoding: string | null;
      error?: undefined;
    }
  | { name: string; error: string; text?: undefined };
