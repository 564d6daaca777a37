"""Pages beside the wall: a site, incidents, the map; they show what is held and decide nothing."""
