docker pause clock
