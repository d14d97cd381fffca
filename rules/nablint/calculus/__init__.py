"""The calculus: terms, differentials, gradients, simplification, derivations and layouts."""
