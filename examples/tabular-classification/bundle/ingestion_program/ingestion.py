"""Trains a participant's model and has it predict: python3 ingestion.py INPUT OUTPUT SUBMISSION [--pace SECONDS]

SUBMISSION holds model.py with a class Model:

    fit(self, rows, labels)   rows: a list of lists of numbers; labels: a list of texts
    predict(self, rows)       returns a label for each row

Reads INPUT/train.csv and INPUT/test.csv, writes OUTPUT/predictions.csv. The test labels are not here: only the scoring
program has them. A model that cannot be used ends the program with exit code 1 and a message for the participant.
"""
import argparse
import csv
import importlib.util
import sys
import time
import traceback
from pathlib import Path


class Unusable(Exception):
    """The participant's model cannot be used. The message is for the participant."""


def read_rows(path):
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def load_model(folder):
    path = Path(folder) / "model.py"
    if not path.is_file():
        raise Unusable("There is no model.py at the top of the submission. Zip the file itself, not a folder around it.")
    # So that model.py can import other files of the submission.
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("model", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "Model"):
        raise Unusable("model.py defines no class Model.")
    model = module.Model()
    for method in ("fit", "predict"):
        if not callable(getattr(model, method, None)):
            raise Unusable(f"The class Model has no method {method}.")
    return model


def predict(model, rows, classes, pace):
    """A label for each row, asked for in ten portions."""
    labels = []
    size = max(1, -(-len(rows) // 10))
    for start in range(0, len(rows), size):
        portion = rows[start : start + size]
        answer = list(model.predict(portion))
        if len(answer) != len(portion):
            raise Unusable(f"predict returned {len(answer)} labels for {len(portion)} rows.")
        for label in answer:
            if label not in classes:
                raise Unusable(f"predict returned {label!r}; the classes are {', '.join(sorted(classes))}.")
        labels += answer
        print(f"predicted {len(labels)} of {len(rows)} rows", flush=True)
        time.sleep(pace)
    return labels


def run(input_folder, submission, pace):
    """Ids of the test rows, and the labels predicted for them."""
    header, train = read_rows(input_folder / "train.csv")
    _, test = read_rows(input_folder / "test.csv")
    rows = [[float(value) for value in row[:-1]] for row in train]
    labels = [row[-1] for row in train]
    print(f"{len(rows)} training rows, {len(test)} test rows, features {', '.join(header[:-1])}", flush=True)

    model = load_model(submission)
    started = time.monotonic()
    model.fit(rows, labels)
    print(f"fit took {time.monotonic() - started:.2f} s", flush=True)
    predicted = predict(model, [[float(value) for value in row[1:]] for row in test], set(labels), pace)
    return [row[0] for row in test], predicted


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("submission", type=Path)
    parser.add_argument("--pace", type=float, default=0)
    options = parser.parse_args()

    # The files of the submission may have been copied here; only what is predicted below is scored.
    predictions = options.output / "predictions.csv"
    if predictions.exists():
        predictions.unlink()
    try:
        ids, labels = run(options.input, options.submission, options.pace)
    except Unusable as problem:
        print(f"This model cannot be used. {problem}", file=sys.stderr)
        return 1
    except Exception:
        print("The model ended with an error:", file=sys.stderr)
        traceback.print_exc()
        return 1
    with predictions.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "label"])
        writer.writerows(zip(ids, labels))
    print("done", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
