"""Gaussian naive Bayes: each feature of each class is a normal distribution of its own."""
import math
import statistics


class Model:
    def fit(self, rows, labels):
        self.classes = {}
        for label in sorted(set(labels)):
            group = [row for row, own in zip(rows, labels) if own == label]
            columns = [(statistics.fmean(column), statistics.pvariance(column)) for column in zip(*group)]
            self.classes[label] = (math.log(len(group) / len(rows)), columns)

    def predict(self, rows):
        return [max(self.classes, key=lambda label: self.likelihood(label, row)) for row in rows]

    def likelihood(self, label, row):
        prior, columns = self.classes[label]
        return prior - sum(
            math.log(variance) / 2 + (value - mean) ** 2 / (2 * variance)
            for value, (mean, variance) in zip(row, columns)
        )
