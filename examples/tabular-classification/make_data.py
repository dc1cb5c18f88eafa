"""Makes the data of both tasks, the same every time: python3 make_data.py

rings: two noisy rings, one inside the other. Two features, two classes, no straight line parts them.
sensors: four states of a machine seen by six sensors of very different scale. The states are not equally frequent, and
two of the sensors measure nothing but noise.
"""
import csv
import math
import random
from pathlib import Path

BUNDLE = Path(__file__).parent / "bundle"
SEED = 7


def rings(count, rng):
    for _ in range(count):
        label, radius = rng.choice([("inner", 1.0), ("outer", 2.2)])
        angle = rng.uniform(0, 2 * math.pi)
        radius += rng.gauss(0, 0.35)
        yield [round(radius * math.cos(angle), 3), round(radius * math.sin(angle), 3)], label


# Frequency of each state, and the mean of the four sensors that tell it apart.
STATES = {
    "idle": (0.55, [20.0, 0.2, 1.0, 300.0]),
    "running": (0.30, [45.0, 0.6, 1.6, 420.0]),
    "overload": (0.10, [62.0, 0.9, 1.5, 640.0]),
    "leaking": (0.05, [38.0, 0.5, 0.4, 350.0]),
}
SPREAD = [11.0, 0.2, 0.35, 110.0]


def sensors(count, rng):
    names = list(STATES)
    weights = [STATES[name][0] for name in names]
    for _ in range(count):
        label = rng.choices(names, weights)[0]
        values = [rng.gauss(mean, spread) for mean, spread in zip(STATES[label][1], SPREAD)]
        yield [round(value, 3) for value in values + [rng.gauss(0, 1000), rng.uniform(0, 5)]], label


def write(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def make_task(name, features, train, test):
    folder = BUNDLE / name
    write(folder / "input_data" / "train.csv", features + ["label"], [values + [label] for values, label in train])
    write(folder / "input_data" / "test.csv", ["id"] + features, [[n] + values for n, (values, _) in enumerate(test)])
    write(folder / "reference_data" / "labels.csv", ["id", "label"], [[n, label] for n, (_, label) in enumerate(test)])


def main():
    rng = random.Random(SEED)
    make_task("rings", ["x", "y"], list(rings(200, rng)), list(rings(100, rng)))
    names = ["temperature", "vibration", "pressure", "current", "drift", "humidity"]
    make_task("sensors", names, list(sensors(300, rng)), list(sensors(160, rng)))


if __name__ == "__main__":
    main()
