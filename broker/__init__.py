"""The broker: takes a life event in once, tells every department that needs to know, and brings each answer back."""
