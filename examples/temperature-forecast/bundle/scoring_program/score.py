"""Scores a forecast: python3 score.py INPUT OUTPUT

Reads INPUT/ref/truth.csv and INPUT/res/forecast.csv, writes OUTPUT/scores.json. A forecast that cannot be scored ends
the program with exit code 1 and a message that tells the participant what to mend.
"""
import csv
import datetime
import json
import math
import sys
from pathlib import Path

HEADER = ["station", "date", "temperature"]


class Refused(Exception):
    """The submission cannot be scored. The message is for the participant."""


def read_truth(path):
    """Temperature and monthly mean by station and day."""
    with path.open(newline="") as file:
        return {
            (row["station"], row["date"]): (float(row["temperature"]), float(row["monthly_mean"]))
            for row in csv.DictReader(file)
        }


def read_forecast(path, stations):
    """Temperature by station and day, checked line by line."""
    if not path.is_file():
        raise Refused("There is no forecast.csv at the top of the submission. Zip the file itself, not a folder around it.")
    try:
        # Spreadsheets mark UTF-8 with a byte order mark, which is no part of the header.
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Refused("forecast.csv is not UTF-8 text. Save it as CSV, not as a spreadsheet.")
    rows = csv.reader(lines)
    header = [name.strip() for name in next(rows, [])]
    if header != HEADER:
        raise Refused(f"The first line of forecast.csv is {','.join(header)!r}; it must be {','.join(HEADER)!r}.")

    forecast = {}
    for row in rows:
        line = f"Line {rows.line_num} of forecast.csv"
        if not row:
            continue
        if len(row) != len(HEADER):
            raise Refused(f"{line} has {len(row)} values; it must have {len(HEADER)}.")
        station, date, text = (value.strip() for value in row)
        if station not in stations:
            raise Refused(f"{line} names the station {station!r}; there are only {', '.join(sorted(stations))}.")
        try:
            date = datetime.datetime.strptime(date, "%Y-%m-%d").date().isoformat()
        except ValueError:
            raise Refused(f"{line} has the date {date!r}; dates are written as 2025-01-31.")
        try:
            temperature = float(text)
        except ValueError:
            raise Refused(f"{line} has the temperature {text!r}, which is not a number.")
        if not math.isfinite(temperature):
            raise Refused(f"{line} has the temperature {text!r}; every forecast must be a finite number.")
        if (station, date) in forecast:
            raise Refused(f"{line} is the second forecast for {station} on {date}.")
        forecast[station, date] = temperature
    return forecast


def score(truth, forecast):
    missing = sorted((date, station) for station, date in truth if (station, date) not in forecast)
    if missing:
        date, station = missing[0]
        raise Refused(f"{len(missing)} of {len(truth)} forecasts are missing; the first is {station} on {date}.")
    errors = {key: (forecast[key] - actual) ** 2 for key, (actual, _) in truth.items()}
    reference = math.fsum((mean - actual) ** 2 for actual, mean in truth.values())

    for station in sorted({station for station, _ in truth}):
        own = [error for (name, _), error in errors.items() if name == station]
        print(f"{station}: root mean square error {math.sqrt(math.fsum(own) / len(own)):.3f} over {len(own)} days")
    total = math.fsum(errors.values())
    return {"rmse": round(math.sqrt(total / len(errors)), 6), "skill": round(1 - total / reference, 6)}


def main(input_folder, output_folder):
    truth = read_truth(Path(input_folder) / "ref" / "truth.csv")
    try:
        forecast = read_forecast(Path(input_folder) / "res" / "forecast.csv", {station for station, _ in truth})
        scores = score(truth, forecast)
    except Refused as problem:
        print(f"This submission cannot be scored. {problem}", file=sys.stderr)
        return 1
    print(f"rmse {scores['rmse']}, skill {scores['skill']}")
    (Path(output_folder) / "scores.json").write_text(json.dumps(scores))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
