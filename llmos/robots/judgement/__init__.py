"""What the gate judges an order by: every rule as a function, and the order in which they are asked."""
