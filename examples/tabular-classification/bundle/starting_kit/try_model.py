"""Tries model.py on rows of the training data that it was not fitted to: python3 try_model.py train.csv"""
import csv
import sys

from model import Model

with open(sys.argv[1], newline="") as file:
    data = list(csv.reader(file))[1:]
rows = [[float(value) for value in row[:-1]] for row in data]
labels = [row[-1] for row in data]

# Every fifth row is held back.
fitted = [n for n in range(len(rows)) if n % 5]
held = [n for n in range(len(rows)) if n % 5 == 0]
model = Model()
model.fit([rows[n] for n in fitted], [labels[n] for n in fitted])
predicted = model.predict([rows[n] for n in held])
hits = sum(label == labels[n] for n, label in zip(held, predicted))
print(f"accuracy {hits / len(held):.3f} on {len(held)} rows")
