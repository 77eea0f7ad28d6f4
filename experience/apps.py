"""The app that judges: evidence, agreements, results and gaps."""

from django.apps import AppConfig


class ExperienceConfig(AppConfig):
    """Signals, evidence, agreements, measurements and gaps."""

    name = "experience"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Take part in what the asking side sweeps."""
        from surveys.engine.alerts import ALERT_PRESETS
        from surveys.services.apply_intake import BODY_READERS
        from surveys.services.erase_person import MENTIONS

        written = {
            "UnsolicitedText": ["text"],
            "GapEvent": ["reason"],
            "Improvement": ["what", "how", "notice"],
        }
        MENTIONS.extend((self.get_model(name), column) for name in written for column in written[name])
        # By path: the formulas behind it load only in the process that applies events.
        BODY_READERS.update(dict.fromkeys(ALERT_PRESETS, "experience.services.apply_alerts.apply_alerts"))
