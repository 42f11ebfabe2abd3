"""Who asks: sessions, API tokens, the first run, and the pages of accounts. `authentication` is the way in."""
