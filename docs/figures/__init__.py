"""Figures: the images of docs/preprocessing.md and its table of endpoint errors, made by the steps themselves from real photographs."""
