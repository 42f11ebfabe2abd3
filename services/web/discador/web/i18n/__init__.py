"""The languages of the pages: which one a request gets, its words, its numbers and dates."""
