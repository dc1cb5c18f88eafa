"""The baseline: always the most frequent class."""


class Model:
    def fit(self, rows, labels):
        self.label = max(sorted(set(labels)), key=labels.count)

    def predict(self, rows):
        return [self.label] * len(rows)
