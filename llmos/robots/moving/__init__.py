"""How an approved order is carried out: trajectory, setpoints, and whether the robot came to rest where it should."""
