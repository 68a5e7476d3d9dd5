"""What is told of a robot and judged afterwards: views, reports, records, and whether a goal was reached."""
