"""Small figures: ranking quality, tables with Chinese in them."""

import unicodedata


def roc_auc(pairs):
    """The chance that a suspected one scores higher than one that is not; a tie counts half. pairs: (score, is_one)."""
    ones = sum(is_one for _, is_one in pairs)
    zeros = len(pairs) - ones
    if not ones or not zeros:
        return None
    won, below = 0.0, 0
    for group in tied(pairs, reverse=False):
        inside = sum(group)
        outside = len(group) - inside
        won += inside * (below + outside / 2)
        below += outside
    return won / (ones * zeros)


def pr_auc(pairs):
    """Average precision: precision at each threshold, weighted by the recall it adds. Ties are one threshold."""
    ones = sum(is_one for _, is_one in pairs)
    if not ones:
        return None
    found, seen, area = 0, 0, 0.0
    for group in tied(pairs, reverse=True):
        found += sum(group)
        seen += len(group)
        area += (sum(group) / ones) * (found / seen)
    return area


def tied(pairs, reverse):
    """Runs of equal score, in order: lists of is_one."""
    groups, last = [], None
    for score, is_one in sorted(pairs, key=lambda pair: pair[0], reverse=reverse):
        if groups and score == last:
            groups[-1].append(bool(is_one))
        else:
            groups.append([bool(is_one)])
        last = score
    return groups


def table(header, rows):
    """Prints a table; the first column to the left, numbers to the right."""
    lines = [[str(cell) for cell in line] for line in (header, *rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        cells = [pad(cell, widths[column], left=column == 0) for column, cell in enumerate(line)]
        print("    " + "  ".join(cells).rstrip())


def width(text):
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def pad(text, most, left):
    blanks = " " * (most - width(text))
    return text + blanks if left else blanks + text


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
