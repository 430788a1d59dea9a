"""Template tags of all faces: `{% load ui %}`."""
