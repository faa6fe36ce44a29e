"""Answers: which side of a question is faster, by how much, how sure."""
