"""What the sections of the benchmark suite share: programs, load, peers, figures."""
