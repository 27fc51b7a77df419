"""What Dialogi promises when things break: crowds, faults, and checkers of what was promised."""
