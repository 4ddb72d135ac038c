"""Detection of every scheme after every attack, as an SVG of dots."""

from html import escape

COLOURS = ["#1a7f37", "#8250df", "#bf3989", "#9a6700", "#0969da"]
ROW, LEFT, WIDTH, GAP = 22, 130, 330, 60


def svg(record, attacks, names, panels, alpha="1e-6"):
    height = 70 + ROW * len(attacks) + 22 * 5
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + 2 * WIDTH + GAP + 30} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="100%" height="100%" fill="#fff"/><text x="{LEFT}" y="20">Share of texts found at p ≤ {alpha}, '
        "texts of 200 tokens, and 95 % intervals</text>",
    ]
    for panel, schemes in enumerate(panels):
        x0 = LEFT + panel * (WIDTH + GAP)
        bottom = 50 + ROW * len(attacks)
        for tick in [0, 0.25, 0.5, 0.75, 1]:
            x = x0 + tick * WIDTH
            parts.append(f'<path d="M{x} 40V{bottom}" stroke="#d0d7de"/><text x="{x}" y="{bottom + 15}" text-anchor="middle">{tick:g}</text>')
        series = [(name, test) for name in schemes if name in record["rates"] for test in [first_test(record, name)]]
        for row, which in enumerate(attacks):
            y = 50 + ROW * row
            if panel == 0:
                parts.append(f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(which)}</text>')
            for number, (name, test) in enumerate(series):
                hits, n, low, high = record["rates"][name][which][test][alpha]
                at = y + 4 * (number - (len(series) - 1) / 2)
                parts.append(
                    f'<path d="M{x0 + low * WIDTH:.1f} {at}H{x0 + high * WIDTH:.1f}" stroke="{COLOURS[number]}" stroke-opacity=".45"/>'
                    f'<circle cx="{x0 + hits / n * WIDTH:.1f}" cy="{at}" r="3" fill="{COLOURS[number]}"/>'
                )
        for number, (name, test) in enumerate(series):
            y = bottom + 38 + 18 * number
            unequal = ", not at equal cost" if name in record["not_at_equal_cost"] else ""
            parts.append(
                f'<circle cx="{x0 + 6}" cy="{y - 4}" r="4" fill="{COLOURS[number]}"/>'
                f'<text x="{x0 + 16}" y="{y}">{escape(names[name].replace("**", ""))}: {escape(test)}{unequal}</text>'
            )
    return "\n".join([*parts, "</svg>"]) + "\n"


def first_test(record, name):
    return next(iter(next(iter(record["rates"][name].values()))))
