"""Replays: what a replay would do, who agreed to it, and how it goes, stage by stage."""
