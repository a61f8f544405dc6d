"""Code in C for what Python is too slow for; built where the project is installed, if it can be."""
