"""What touches the outside world: each I/O library is imported by one adapter and nobody else."""
