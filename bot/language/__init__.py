"""The words of a text, nothing clinical: spelling, lexicon, ways of writing."""
