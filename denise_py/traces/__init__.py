"""Seismic traces: files, filters and operators on (ntr, ns) arrays; knows neither grids nor ranks."""
