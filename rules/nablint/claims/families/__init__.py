"""Families of claims beyond functions and methods: registered, taped, derived and companion functions, engines."""
