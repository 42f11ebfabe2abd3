"""All services as processes of one machine: `discador up`."""
