"""The hosted pages: a screen goes in, a whole page of HTML comes out. Nothing here knows HTTP."""
