"""What joins the core and the edges, without a terminal: each operation takes values and a console."""
