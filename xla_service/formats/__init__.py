"""How each language writes dates. Templates and figures name these formats, never letters of their own."""
