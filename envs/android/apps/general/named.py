"""Apps that are known by their names: an icon, a first screen, a page in the settings, an offer in the store."""

from typing import NamedTuple

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.ui.app_icon import app_icon
from palaestra.envs.android.ui.controls import button
from palaestra.envs.android.ui.groups import app_bar, scaffold
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, scroll, text


class Name(NamedTuple):
    """The declaration of an app.

    Attributes:
        label: its name.
        package: its package.
        icon: of Material Design.
        color: of the icon's disc.
    """

    label: str
    package: str
    icon: str
    color: str


INSTALLED = (
    Name("Amazon Alexa", "com.amazon.dee.app", "microphone", "#00695C"),
    Name("Amazon Music", "com.amazon.mp3", "music-circle", "#283593"),
    Name("Amazon Prime Video", "com.amazon.avod.thirdpartyclient", "television-play", "#0277BD"),
    Name("Amazon Shopping", "com.amazon.mShop.android.shopping", "cart", "#37474F"),
    Name("Facebook", "com.facebook.katana", "account-group", "#1565C0"),
    Name("Instagram", "com.instagram.android", "camera-iris", "#AD1457"),
    Name("Lyft", "me.lyft.android", "car", "#C2185B"),
    Name("Netflix", "com.netflix.mediaclient", "movie-open", "#B71C1C"),
    Name("Pandora", "com.pandora.android", "radio", "#3949AB"),
    Name("Photos", "com.google.android.apps.photos", "image", "#00838F"),
    Name("Play Books", "com.google.android.apps.books", "book-open-variant", "#1976D2"),
    Name("Play Movies", "com.google.android.videos", "movie", "#C62828"),
    Name("Spotify", "com.spotify.music", "waveform", "#2E7D32"),
    Name("Twitter", "com.twitter.android", "message-reply-text", "#0288D1"),
    Name("Uber", "com.ubercab", "taxi", "#212121"),
)
"""Installed on a new phone."""

OFFERED = (
    Name("CNN", "com.cnn.mobile.android.phone", "newspaper-variant", "#B71C1C"),
    Name("ESPN", "com.espn.score_center", "basketball", "#C62828"),
    Name("Google", "com.google.android.googlequicksearchbox", "magnify", "#455A64"),
    Name("News", "com.google.android.apps.magazines", "newspaper", "#1565C0"),
    Name("Starbucks", "com.starbucks.mobilecard", "coffee", "#1B5E20"),
    Name("Weather", "com.weather.Weather", "weather-partly-cloudy", "#0277BD"),
    Name("Wikipedia", "org.wikipedia", "book-alphabet", "#37474F"),
    Name("Yahoo", "com.yahoo.mobile.client.android.yahoo", "exclamation-thick", "#6A1B9A"),
    Name("Yelp", "com.yelp.android", "silverware-fork-knife", "#C62828"),
    Name("eBay", "com.ebay.mobile", "shopping", "#3949AB"),
)
"""In the store only."""


class _Named(App):
    """The first screen of any of them."""

    system = False

    def main(self, activity: Activity) -> Page:
        """What the app is called, and that one may sign in."""

        def sign_in() -> None:
            activity.toast("Sign-in is not available")

        body = scroll(
            app_icon(self, 96, gravity="center"),
            text(f"Welcome to {self.label}", "headline_small", text_align="center", width=FILL),
            text("Sign in to continue.", "body_large", "on_surface_variant", text_align="center", width=FILL),
            button("Sign in", sign_in, gravity="center", id="sign_in"),
            padding=(24, 96, 24, 24),
            gap=24,
            id="content",
        )
        return Page(scaffold(app_bar(self.label), body), title=self.label)


def named_apps() -> list[App]:
    """An app of each name, in the order of the declarations."""
    return [_app(name, installed=True) for name in INSTALLED] + [_app(name, installed=False) for name in OFFERED]


def _app(name: Name, *, installed: bool) -> App:
    main = f"{name.package}.MainActivity"
    declared = dict(name._asdict(), activities={main: "main"}, launcher=main, preinstalled=installed)
    kind: type[App] = type(f"Named{name.label.replace(' ', '')}", (_Named,), {**declared, "__module__": __name__})
    return kind()
