"""Makes the sample submissions from the public data alone, as a participant would: python3 make_submissions.py"""
import csv
import datetime
import math
from pathlib import Path

HERE = Path(__file__).parent
FIRST, LAST = datetime.date(2025, 1, 1), datetime.date(2025, 3, 31)


def read_history():
    """Temperatures by station and day."""
    history = {}
    with (HERE / "bundle" / "public_data" / "history.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            day = datetime.date.fromisoformat(row["date"])
            history.setdefault(row["station"], {})[day] = float(row["temperature"])
    return history


def yearly_mean(known):
    mean = sum(known.values()) / len(known)
    return lambda day: mean


def same_day_last_year(known):
    return lambda day: known[day.replace(year=day.year - 1)]


def wave(known):
    """A yearly wave fitted by least squares, and the last day's anomaly, which fades away within two weeks."""

    def angle(day):
        return 2 * math.pi * day.timetuple().tm_yday / 365.25

    # Over whole years the wave's parts are orthogonal, so each coefficient is a projection of its own.
    count = len(known)
    mean = sum(known.values()) / count
    a = 2 / count * sum(value * math.cos(angle(day)) for day, value in known.items())
    b = 2 / count * sum(value * math.sin(angle(day)) for day, value in known.items())

    def seasonal(day):
        return mean + a * math.cos(angle(day)) + b * math.sin(angle(day))

    last = max(known)
    anomaly = known[last] - seasonal(last)
    return lambda day: seasonal(day) + anomaly * 0.8 ** (day - last).days


def write(name, forecasts, last=LAST):
    folder = HERE / "submissions" / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "forecast.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["station", "date", "temperature"])
        for station, forecast in forecasts.items():
            for n in range((last - FIRST).days + 1):
                day = FIRST + datetime.timedelta(days=n)
                writer.writerow([station, day, f"{forecast(day):.2f}"])


def main():
    history = read_history()
    for name, method in {
        "yearly-mean": yearly_mean,
        "same-day-last-year": same_day_last_year,
        "fitted-wave": wave,
    }.items():
        write(name, {station: method(known) for station, known in history.items()})
    # What a participant who overlooks the second period hands in: fine in the first phase, refused in the second.
    write(
        "january-only",
        {station: wave(known) for station, known in history.items()},
        last=datetime.date(2025, 1, 31),
    )


if __name__ == "__main__":
    main()
