"""What compiling costs, and after how many steps it has paid off."""
