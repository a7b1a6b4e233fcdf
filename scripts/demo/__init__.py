"""The demonstration: real input through the deployed pipeline, with every transaction accounted for."""
