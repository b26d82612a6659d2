"""The sections of the benchmark suite. Each is a module whose docstring begins with what it measures, with NEEDS, the programs
without which it cannot run, and measure(options), which returns its figures."""
