"""What the sections of the report are written with: tables, images, and the mark of what is not to be trusted."""

MARK = " ?"
LEGEND = "`?`: fewer than half of the rounds count."


def table(columns, rows):
    """A table, with an empty line behind it. All but the first column are numbers, mostly, and stand at the right."""
    head = ["| " + " | ".join(columns) + " |", "|---|" + "---:|" * (len(columns) - 1)]
    return [*head, *("| " + " | ".join(map(str, row)) + " |" for row in rows), ""]


def image(drawn, path, text):
    return [f"![{text}]({path.name})\n"] if drawn else []


def marked(text, trusted):
    return text if trusted or not text else text + MARK
