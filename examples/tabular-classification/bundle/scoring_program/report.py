"""The page that a participant sees as detailed results. It loads nothing: styles are in it, and there are no scripts."""
from html import escape

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Detailed results</title>
<style>
  body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #1c2430; background: #fff }}
  table {{ border-collapse: collapse; margin: 1rem 0 2rem }}
  caption {{ text-align: left; font-weight: 600; padding-bottom: .5rem }}
  th, td {{ padding: .35rem .8rem; border: 1px solid #cdd5df; text-align: right }}
  th {{ background: #f1f4f8; font-weight: 600 }}
</style>
<h1>Accuracy {accuracy:.1%}</h1>
<p>{mistakes} of {total} rows were classified wrongly. Macro F1 is {macro_f1:.3f}.</p>
<table>
  <caption>What each class was taken for</caption>
  <tr><th scope="col">true class</th>{heads}<th scope="col">F1</th></tr>
  {rows}
</table>
</html>
"""


def detailed_results(scores, counts, f1):
    """An HTML page with the confusion matrix; the darker a cell, the larger its share of the true class."""
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in counts)
    rows = []
    for actual, row in counts.items():
        total = sum(row.values())
        cells = "".join(
            f'<td style="background: rgb(46 125 90 / {count / total * 0.5:.2f})">{count}</td>' for count in row.values()
        )
        rows.append(f'<tr><th scope="row">{escape(actual)}</th>{cells}<td>{f1(actual):.3f}</td></tr>')
    everything = sum(sum(row.values()) for row in counts.values())
    return PAGE.format(heads=heads, rows="\n  ".join(rows), total=everything, **scores)
