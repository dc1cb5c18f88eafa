"""Scores predictions: python3 score.py INPUT OUTPUT

Reads INPUT/ref/labels.csv and INPUT/res/predictions.csv, writes OUTPUT/scores.json and OUTPUT/detailed_results.html.
Ends with exit code 1 and a message for the participant when there is nothing to score.
"""
import csv
import json
import sys
from pathlib import Path

from report import detailed_results


def read_labels(path):
    with path.open(newline="") as file:
        return {row["id"]: row["label"] for row in csv.DictReader(file)}


def confusion(truth, predicted):
    """How often each true class was given each label: counts[true][given]."""
    classes = sorted(set(truth.values()))
    counts = {actual: {given: 0 for given in classes} for actual in classes}
    for id, actual in truth.items():
        counts[actual][predicted[id]] += 1
    return counts


def f1(counts, name):
    """Harmonic mean of precision and recall of one class; 0 when it was never recognized."""
    hits = counts[name][name]
    actual = sum(counts[name].values())
    given = sum(row[name] for row in counts.values())
    return 2 * hits / (actual + given) if hits else 0.0


def measure(counts):
    total = sum(sum(row.values()) for row in counts.values())
    hits = sum(row[name] for name, row in counts.items())
    return {
        "accuracy": round(hits / total, 6),
        "macro_f1": round(sum(f1(counts, name) for name in counts) / len(counts), 6),
        "mistakes": total - hits,
    }


def main(input_folder, output_folder):
    predictions = Path(input_folder) / "res" / "predictions.csv"
    if not predictions.is_file():
        print("There are no predictions to score: the model ended with an error. See the ingestion log.", file=sys.stderr)
        return 1
    truth = read_labels(Path(input_folder) / "ref" / "labels.csv")
    counts = confusion(truth, read_labels(predictions))
    scores = measure(counts)
    for name, value in scores.items():
        print(f"{name} {value}")
    output = Path(output_folder)
    (output / "detailed_results.html").write_text(detailed_results(scores, counts, lambda name: f1(counts, name)))
    (output / "scores.json").write_text(json.dumps(scores))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
