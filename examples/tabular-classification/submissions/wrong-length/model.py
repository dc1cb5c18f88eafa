"""A common mistake: one label for all rows instead of one for each."""


class Model:
    def fit(self, rows, labels):
        self.label = labels[0]

    def predict(self, rows):
        return [self.label]
