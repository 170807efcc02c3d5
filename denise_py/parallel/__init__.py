"""All that knows about several processes; the numerics see a Comm, a Subdomain and a HaloExchange."""
