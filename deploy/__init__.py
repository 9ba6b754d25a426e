"""How the provider is run: the demo's portals, proxies, units. Nothing here is part of the provider."""
