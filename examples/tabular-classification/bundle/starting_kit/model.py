"""A first model: a row belongs to the class whose mean is nearest."""


class Model:
    def fit(self, rows, labels):
        """rows: a list of lists of numbers; labels: the class of each row, a text."""
        groups = {}
        for row, label in zip(rows, labels):
            groups.setdefault(label, []).append(row)
        self.means = {
            label: [sum(column) / len(group) for column in zip(*group)] for label, group in groups.items()
        }

    def predict(self, rows):
        """Returns a class for each row. It is called several times, each time with some of the test rows."""
        return [min(self.means, key=lambda label: distance(row, self.means[label])) for row in rows]


def distance(a, b):
    return sum((x - y) ** 2 for x, y in zip(a, b))
