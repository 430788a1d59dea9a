"""One module per command of `script/`, each with `main(words)` that gives the exit status."""
