"""What members fill in, checked."""
