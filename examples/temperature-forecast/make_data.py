"""Makes every data file of this competition, the same ones each time: python3 make_data.py

The stations are invented. A day's mean temperature is a yearly wave, plus weather that forgets itself over about a
week (an autoregressive process), plus noise of the instrument. It is written with one decimal, as stations report it.
"""
import csv
import datetime
import math
import random
from pathlib import Path

BUNDLE = Path(__file__).parent / "bundle"

# Yearly mean and half the difference between summer and winter, in degrees Celsius.
STATIONS = {"harbour": (10.5, 6.0), "valley": (9.0, 11.0), "summit": (1.5, 7.5)}
SEED = 20250101

HISTORY = (datetime.date(2022, 1, 1), datetime.date(2024, 12, 31))
DEVELOPMENT = (datetime.date(2025, 1, 1), datetime.date(2025, 1, 30))
FINAL = (datetime.date(2025, 1, 31), datetime.date(2025, 3, 31))


def days(first, last):
    return [first + datetime.timedelta(days=n) for n in range((last - first).days + 1)]


def simulate(mean, amplitude, dates, rng):
    """Temperatures of one station, coldest in the middle of January."""
    weather = 0.0
    for date in dates:
        weather = 0.82 * weather + rng.gauss(0, 1.9)
        wave = -amplitude * math.cos(2 * math.pi * (date.timetuple().tm_yday - 15) / 365.25)
        yield round(mean + wave + weather + rng.gauss(0, 0.3), 1)


def write(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    rng = random.Random(SEED)
    everything = days(HISTORY[0], FINAL[1])
    history, truth = [], {DEVELOPMENT: [], FINAL: []}
    for station, (mean, amplitude) in STATIONS.items():
        temperatures = dict(zip(everything, simulate(mean, amplitude, everything, rng)))
        known = {date: temperatures[date] for date in days(*HISTORY)}
        history += [(station, date, value) for date, value in known.items()]
        for period, rows in truth.items():
            for date in days(*period):
                month = [value for day, value in known.items() if day.month == date.month]
                rows.append((station, date, temperatures[date], round(sum(month) / len(month), 2)))

    header = ["station", "date", "temperature"]
    write(BUNDLE / "public_data" / "history.csv", header, history)
    # The last column is the monthly mean of the past, which the skill score compares a forecast with.
    write(BUNDLE / "reference_data_development" / "truth.csv", header + ["monthly_mean"], truth[DEVELOPMENT])
    write(BUNDLE / "reference_data_final" / "truth.csv", header + ["monthly_mean"], truth[FINAL])


if __name__ == "__main__":
    main()
