"""What may be wrong with tracks, a file per kind of fault; `lamella.track.events` asks them all."""
