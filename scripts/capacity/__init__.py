"""How much the flagship takes on AWS, simulated: `make capacity`."""
