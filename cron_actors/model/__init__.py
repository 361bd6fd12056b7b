"""The vocabulary: values that everybody knows and that know nobody."""
