"""The demo: a real incident log moved to end today, real monitoring data, and simulated respondents."""
