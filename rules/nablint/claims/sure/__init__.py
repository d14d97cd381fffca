"""Sure shapes: runs in which nothing is guessed, for the shapes of expressions and the rules on them."""
