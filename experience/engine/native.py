"""What one answer is worth in the statistics of some questions: happiness, Apdex."""

# Values of unhappy (0-6), neutral (7-8) and happy (9-10) answers: their mean is %(9-10) minus %(0-6).
HAPPINESS_VALUES = (-100.0, 0.0, 100.0)
# Values of the counts (frustrated, tolerating, satisfied): their mean is the Apdex.
APDEX_VALUES = (0.0, 0.5, 1.0)


def happiness_value(answer: int) -> float:
    """Return what one 0..10 answer is worth: 100 from 9, 0 from 7, else -100; the mean is the happiness."""
    unhappy, neutral, happy = HAPPINESS_VALUES
    return happy if answer >= 9 else neutral if answer >= 7 else unhappy
